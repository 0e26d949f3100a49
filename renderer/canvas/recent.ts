/** Keeps the `limit` things made last by their keys; one that is asked for again counts as new. */
export function recent<Thing>(limit: number): (key: string, make: () => Thing) => Thing {
  const kept = new Map<string, Thing>();
  return (key, make) => {
    const thing = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, thing);
    if (kept.size > limit) kept.delete(kept.keys().next().value!);
    return thing;
  };
}
