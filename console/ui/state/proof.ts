// A privileged act waits here until its person has proved again who they are (parts/step-up.tsx asks).
import { createStore } from "./store.ts";

/** The question that stands, if one does; `answer` says whether the proof was given. */
export const proofAsked = createStore<{ answer(given: boolean): void } | undefined>(undefined);

/** Asks the person. True once they have proved it; false when they would not. */
export function askProof(): Promise<boolean> {
  proofAsked.get()?.answer(false);
  return new Promise((resolve) => {
    proofAsked.set({
      answer(given) {
        proofAsked.set(undefined);
        resolve(given);
      },
    });
  });
}
