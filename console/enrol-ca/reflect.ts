// The three functions of the Reflect metadata proposal that @peculiar/x509's dependency (tsyringe) asks for, and no more: it
// refuses to load without them. Imported for its effect, before @peculiar/x509. Leaves a fuller polyfill alone.
const metadata = new WeakMap<object, Map<unknown, unknown>>();

const own = (key: unknown, target: object): unknown => metadata.get(target)?.get(key);

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at)) {
    const value = own(key, at);
    if (value !== undefined) return value;
  }
  return undefined;
}

function define(key: unknown, value: unknown, target: object): void {
  const kept = metadata.get(target);
  if (kept) kept.set(key, value);
  else metadata.set(target, new Map([[key, value]]));
}

if (!("getMetadata" in Reflect))
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define });
