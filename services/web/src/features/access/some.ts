/** Some fields of a change: the API's document counts those with a default among those that are always there. */
export function some<Body>(fields: Partial<Body>): Body {
  return fields as Body;
}
