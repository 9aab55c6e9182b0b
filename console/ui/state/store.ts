// A value that can be watched. `useStore` renders again only when the part that was selected changed.
import { useEffect, useReducer, useRef } from "preact/hooks";

export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** Calls back after each change; returns how to stop. */
  watch(listener: () => void): () => void;
}

/** A store that holds `value` at first. Setting an identical value tells nobody. */
export function createStore<T>(value: T): Store<T> {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The selected part of a store, in a component. The selector must be pure; equal parts (Object.is) do not render. */
export function useStore<T, P>(store: Store<T>, select: (value: T) => P): P {
  const [, render] = useReducer((n: number) => n + 1, 0);
  const part = select(store.get());
  const latest = useRef({ part, select });
  latest.current = { part, select };
  useEffect(() => {
    const check = () => {
      const { part, select } = latest.current;
      if (!Object.is(select(store.get()), part)) render(undefined);
    };
    check();
    return store.watch(check);
  }, [store]);
  return part;
}
