// The sound of a notice, made by the browser itself (WebAudio). Off until a person switches it on: only a press of theirs lets a page
// sound at all. After a reload it waits for the next press anywhere.
import { createStore } from "./store.ts";

const KEPT = "vonggac.sound";
export const sound = createStore<"on" | "off">(remembered());
let context: AudioContext | undefined;

function remembered(): "on" | "off" {
  try {
    return localStorage.getItem(KEPT) === "on" ? "on" : "off";
  } catch {
    return "off";
  }
}

/** Within a press only. */
export function switchSound(to: "on" | "off"): void {
  sound.set(to);
  try {
    localStorage.setItem(KEPT, to);
  } catch {
    // It lasts as long as the page.
  }
  if (to === "on") {
    wake();
    ring("high");
  }
}

const wake = (): void => {
  context ??= new AudioContext();
  void context.resume();
};
// A press anywhere is the person's leave; the sound that they had chosen is then ready.
addEventListener("pointerdown", () => sound.get() === "on" && wake());

/** Two falling tones for what is urgent, one for the rest. Gives whether it could be heard. */
export function ring(severity: string | undefined): boolean {
  if (sound.get() === "off" || context?.state !== "running") return false;
  const tones = severity === "critical" || severity === "high" ? [880, 660, 880, 660] : [660];
  const volume = context.createGain();
  volume.connect(context.destination);
  tones.forEach((hertz, i) => {
    const tone = context!.createOscillator();
    const at = context!.currentTime + i * 0.22;
    tone.frequency.value = hertz;
    tone.connect(volume);
    // A soft begin and end: no click.
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.2, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    tone.start(at);
    tone.stop(at + 0.21);
  });
  return true;
}
