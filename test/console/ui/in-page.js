// @ts-nocheck
// Runs inside the page (audit.ts sends its text there): plain JavaScript, for the browser has no types.
// prettier-ignore
({
  /** Texts below WCAG AA: 4.5:1, or 3:1 when large. Disabled controls are exempt. */
  lowContrast() {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (css) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const background = (e) => {
      if (!e) return rgba("Canvas");
      const own = rgba(getComputedStyle(e).backgroundColor);
      return own[3] === 1 ? own : over(own, background(e.parentElement));
    };
    const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const low = new Set();
    let looked = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const e = walker.currentNode.parentElement;
      if (text === "" || !e.checkVisibility() || e.closest(":disabled, noscript")) continue;
      if (e.getBoundingClientRect().width <= 1) continue; // for screen readers only
      looked++;
      const style = getComputedStyle(e);
      const back = background(e);
      const [a, b] = [luminance(over(rgba(style.color), back)), luminance(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) low.add(`${ratio.toFixed(2)} ${e.className || e.tagName}: ${text.slice(0, 40)}`);
    }
    return { looked, low: [...low] };
  },

  /** Buttons, links and fields that a screen reader could not name. */
  unnamedControls() {
    const named = (e) =>
      [e.getAttribute("aria-label"), e.textContent, ...[...(e.labels ?? [])].map((l) => l.textContent)].some((s) => s?.trim());
    const controls = [...document.querySelectorAll("button, a[href], input, textarea, summary")];
    return controls.filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 120));
  },

  /** Elements whose right edge lies outside the window, and small boxes whose text does not fit them. */
  runsOff() {
    const width = document.documentElement.clientWidth;
    const all = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().width > 1);
    const out = all.filter((e) => e.getBoundingClientRect().right > width + 1);
    const cut = all.filter((e) => e.matches(".cell, .label, .button, .figure") && e.scrollWidth > e.clientWidth + 2);
    return [...out, ...cut].map((e) => `${e.className || e.tagName}: ${e.textContent.slice(0, 40)}`).slice(0, 5);
  },

  /** From now on, notes every agency whose row is touched. */
  watchRows() {
    window.touched = new Set();
    new MutationObserver((all) => {
      for (const { target } of all) {
        const row = (target instanceof Element ? target : target.parentElement)?.closest("[data-agency]");
        if (row) window.touched.add(row.dataset.agency);
      }
    }).observe(document.querySelector(".agencies"), { subtree: true, childList: true, attributes: true, characterData: true });
  },
  touchedRows: () => [...window.touched],
  /** Makes the first heading unreadable, so that the audit can prove that it looks. */
  spoil() {
    document.querySelector("h2").style.color = getComputedStyle(document.body).backgroundColor;
  },
})
