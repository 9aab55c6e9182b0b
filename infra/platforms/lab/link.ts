// A link: a veth pair between two hosts, its addresses, its place in a bridge and its routes.
import { LabError } from "./errors.ts";
import { quote, run, runIfPossible } from "./exec.ts";
import type { LinkInputs } from "./model.ts";
import { type Lab, namespaceOf, namespacePath } from "./names.ts";
import { namespaceInode } from "./netns.ts";
import { addressesOf, addressLines, canonical, type Device, devicesOf, devicesSeen } from "./network.ts";
import { appliedLink, forgetLink, rememberLink } from "./notes.ts";

type End = LinkInputs["a"];

/** Makes the link, or takes over what bears its names and mends it. Both hosts must stand. */
export async function convergeLink(lab: Lab, link: LinkInputs): Promise<void> {
  for (const end of [link.a, link.b])
    if (namespaceInode(namespaceOf(lab, end.host)) === undefined)
      throw new LabError("namespace-missing", end.host, `link ${link.link} needs it`, "run the lab's up again");
  // What was never made here need not be looked for, unless its names are taken.
  const fresh = appliedLink(lab, link.link) === undefined && (await makeWhole(lab, link));
  if (!fresh) {
    const [a, b] = await adopt(lab, link);
    await Promise.all([configureEnd(lab, link.a, a), configureEnd(lab, link.b, b)]);
  }
  rememberLink(lab, link);
}

/** The pair and both of its ends by one shell: a program that is large takes longer to start another than the work takes. False when a name is taken. */
async function makeWhole(lab: Lab, link: LinkInputs): Promise<boolean> {
  const ends = [link.a, link.b].map(
    (end) =>
      `nsenter --net=${quote(namespacePath(lab, end.host))} ip -batch - <<'END' || exit 1\n${endLines(end, undefined)}END\n`,
  );
  const script = `ip ${pairLine(lab, link)} || exit ${TAKEN}\n${ends.join("")}`;
  try {
    await run(["sh", "-s"], { input: script, where: link.link });
    return true;
  } catch (error) {
    if ((error as { cause?: { code?: unknown } }).cause?.code === TAKEN) return false;
    throw error;
  }
}
/** How the shell says that it has made nothing. */
const TAKEN = 77;

/** Both devices as they are found; where one is missing, both are made anew. */
async function adopt(lab: Lab, link: LinkInputs): Promise<[Device?, Device?]> {
  const [onA, onB] = await Promise.all([devicesOf(lab, link.a.host), devicesOf(lab, link.b.host)]);
  const [a, b] = [onA.get(link.a.device), onB.get(link.b.device)];
  if (a && b) return [a, b];
  // Half of a pair cannot be: what is there bears the name and is another's end.
  await removeDevice(lab, link.a);
  await removeDevice(lab, link.b);
  await makePair(lab, link);
  return [];
}

/** Both devices in one step. Throws when one of the names is taken. */
const makePair = (lab: Lab, link: LinkInputs): Promise<unknown> =>
  run(["ip", ...pairLine(lab, link).split(" ")], { where: link.link });

const pairLine = (lab: Lab, { a, b }: LinkInputs): string =>
  `link add ${a.device} netns ${namespaceOf(lab, a.host)} type veth peer name ${b.device} netns ${namespaceOf(lab, b.host)}`;

/** Addresses, bridge and routes of one end, and the device up. Routes go with a device that goes down: so they are set each time. */
export async function configureEnd(lab: Lab, end: End, found: Device | undefined): Promise<void> {
  const input = endLines(end, found);
  await run(["nsenter", `--net=${namespacePath(lab, end.host)}`, "ip", "-batch", "-"], { input, where: end.host });
}

const endLines = (end: End, found: Device | undefined): string =>
  [
    ...addressLines(end.device, end.addresses, found),
    end.bridge ? `link set ${end.device} master ${end.bridge} up` : `link set ${end.device} up`,
    ...end.routes.map((r) => `route replace ${r.to} via ${r.via} dev ${end.device}`),
  ]
    .map((line) => `${line}\n`)
    .join("");

/** What really is there: the link with what was found of it, or undefined when one of its ends is not there. */
export async function readLink(lab: Lab, link: LinkInputs): Promise<LinkInputs | undefined> {
  const found = await Promise.all([link.a, link.b].map((end) => readEnd(lab, end)));
  const [a, b] = found;
  if (!a || !b) return undefined;
  return { link: link.link, a: a.end, b: b.end, up: a.up && b.up };
}

async function readEnd(lab: Lab, end: End): Promise<{ end: End; up: boolean } | undefined> {
  if (namespaceInode(namespaceOf(lab, end.host)) === undefined) return undefined;
  const device = (await devicesSeen(lab, end.host)).get(end.device);
  if (!device) return undefined;
  const there = new Set(addressesOf(device));
  const addresses = end.addresses.filter((x) => there.has(canonical(x)));
  const { bridge, ...rest } = end;
  return {
    end: { ...rest, addresses, ...(device.master !== undefined && bridge !== undefined && { bridge: device.master }) },
    up: device.flags.includes("UP"),
  };
}

/** Removes the pair. What is gone already, with its host or without, is no error. */
export async function deleteLink(lab: Lab, link: LinkInputs): Promise<void> {
  await removeDevice(lab, link.a);
  await removeDevice(lab, link.b);
  forgetLink(lab, link.link);
}

async function removeDevice(lab: Lab, end: End): Promise<void> {
  if (namespaceInode(namespaceOf(lab, end.host)) === undefined) return;
  await runIfPossible(["ip", "-n", namespaceOf(lab, end.host), "link", "del", end.device]);
}
