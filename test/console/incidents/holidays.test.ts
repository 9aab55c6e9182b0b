// The table of holidays against the Labour Code (45/2019, art. 111 and 112) and the sky: lunar days are reckoned here anew from the new
// moons at Vietnam's meridian, so that a table written from memory cannot be wrong unseen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPolicies } from "../../../console/incidents/policies.ts";

const { holidays } = createPolicies({ newest: () => [], history: () => [], add: () => {} }).holidays();
const days = new Map(holidays.map((h) => [h.day, h]));
const YEARS = [2025, 2026, 2027];
const DAY_MS = 86_400_000;
const sin = (degrees: number) => Math.sin((degrees * Math.PI) / 180);

/** The instant of new moon number k since 2000, ms since 1970: Meeus, Astronomical Algorithms, ch. 49, its larger terms (a few minutes). */
function newMoon(k: number): number {
  const t = k / 1236.85;
  const e = 1 - 0.002516 * t;
  const sun = 2.5534 + 29.1053567 * k;
  const moon = 201.5643 + 385.81693528 * k;
  const latitude = 160.7108 + 390.67050284 * k;
  const node = 124.7746 - 1.56375588 * k;
  const terms =
    -0.4072 * sin(moon) +
    0.17241 * e * sin(sun) +
    0.01608 * sin(2 * moon) +
    0.01039 * sin(2 * latitude) +
    0.00739 * e * sin(moon - sun) -
    0.00514 * e * sin(moon + sun) +
    0.00208 * e * e * sin(2 * sun) -
    0.00111 * sin(moon - 2 * latitude) -
    0.00057 * sin(moon + 2 * latitude) +
    0.00056 * e * sin(2 * moon + sun) -
    0.00042 * sin(3 * moon) +
    0.00042 * e * sin(sun + 2 * latitude) +
    0.00038 * e * sin(sun - 2 * latitude) -
    0.00024 * e * sin(2 * moon - sun) -
    0.00017 * sin(node);
  const dynamical = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t + terms;
  const DELTA_T_SECONDS = 70;
  return (dynamical - 2440587.5) * DAY_MS - DELTA_T_SECONDS * 1000;
}
/** The day on which a lunar month begins in Vietnam (UTC+7), as a day number. */
const monthBegins = (k: number) => Math.floor((newMoon(k) + 7 * 3_600_000) / DAY_MS);
const nameOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The first month is the one that holds Rain Water (the sun at 330°, about 19 February). */
function firstMonth(year: number): number {
  const rainWater = Math.floor(Date.UTC(year, 1, 19) / DAY_MS);
  const near = Math.round((year + 49 / 365.25 - 2000) * 12.3685);
  return [near + 1, near, near - 1, near - 2].find((k) => monthBegins(k) <= rainWater)!;
}

for (const year of YEARS)
  test(`${year}: the days of the Labour Code, solar and lunar, and what a weekend makes good`, () => {
    for (const day of [`${year}-01-01`, `${year}-04-30`, `${year}-05-01`, `${year}-09-02`])
      assert.ok(days.has(day) && !days.get(day)!.toConfirm, day);
    assert.ok(days.has(`${year}-09-01`) || days.has(`${year}-09-03`), "a day beside 2 September");
    const first = firstMonth(year);
    const tet = monthBegins(first);
    const hung = nameOf(monthBegins(first + 2) + 9);
    assert.match(days.get(nameOf(tet))?.name ?? nameOf(tet), /mùng 1/);
    assert.ok(
      [1, 2].every((n) => days.has(nameOf(tet + n))),
      "the second and third of Tết",
    );
    assert.match(days.get(hung)?.name ?? hung, /Giỗ Tổ Hùng Vương/);
    const about = holidays.filter((h) => /Tết Nguyên đán/.test(h.name) && h.day.startsWith(String(year)));
    const working = about.filter((h) => ![0, 6].includes(new Date(h.day).getUTCDay()));
    assert.equal(working.length, 5, "five days of work are free at Tết, those of a weekend made good");
    for (const h of holidays.filter(
      (x) => x.day.startsWith(String(year)) && /Giỗ Tổ|Quốc tế|Chiến thắng/.test(x.name),
    )) {
      const weekday = new Date(h.day).getUTCDay();
      if (weekday !== 0 && weekday !== 6) continue;
      const monday = nameOf(Date.parse(h.day) / DAY_MS + (weekday === 0 ? 1 : 2));
      assert.ok(days.has(monday), `${h.day} is made good on ${monday}`);
    }
  });

test("the reckoning is that of the sky: new moons that almanacs name, and a year that Vietnam and China began a day apart", () => {
  const near = (k: number, at: string) => assert.ok(Math.abs(newMoon(k) - Date.parse(at)) < 10 * 60_000, at);
  near(300, "2024-04-08T18:21Z");
  near(325, "2026-04-17T11:52Z");
  // 2007: the new moon stood between midnight in Hanoi and in Beijing.
  assert.equal(nameOf(monthBegins(firstMonth(2007))), "2007-02-17");
});
