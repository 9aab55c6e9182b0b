// What a page shows that the feed does not tell: fetched when the page opens, and again after each act on it.
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Answer, call } from "./api.ts";
import { leave } from "./session.ts";

export interface Fetched<T> {
  value: T | undefined;
  /** A refusal, while there is one. */
  problem: Answer<unknown> | undefined;
  again(): void;
}

/** `ask` must not change between renders (useCallback, or a function of the module). */
export function useFetched<T>(ask: () => Promise<Answer<T>>): Fetched<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<Answer<unknown>>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true;
    void ask().then((answer) => {
      if (!wanted) return;
      if (answer.ok) setValue(answer.value);
      else if (answer.code === "signed-out") leave(true);
      setProblem(answer.ok ? undefined : answer);
    });
    return () => {
      wanted = false;
    };
  }, [ask, round]);
  return { value, problem, again: useCallback(() => setRound((n) => n + 1), []) };
}

const MOST_PAGES = 50;

/** Every item of a list that is read by pages. */
export async function everyItem<T>(path: string): Promise<Answer<T[]>> {
  const items: T[] = [];
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await call<{ items: T[]; next?: string }>("GET", `${path}?limit=200${cursor}`);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    if (answer.value.next === undefined) break;
    cursor = `&cursor=${answer.value.next}`;
  }
  return { ok: true, value: items };
}

/** A verb of casework that is done on no incident; gives what it says. */
export async function verb<T>(name: string, body: object = {}): Promise<Answer<T>> {
  const answer = await call<{ result: T }>("POST", `/api/casework/${name}`, body);
  return answer.ok ? { ok: true, value: answer.value.result } : answer;
}
