/** @file A map as a bounded memory. */

/** The value of `key`, made where it is not known; the map forgets its oldest entries beyond `limit`. */
export function remembered<K, V>(map: Map<K, V>, key: K, limit: number, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  if (map.size > limit) map.delete(map.keys().next().value as K);
  return made;
}
