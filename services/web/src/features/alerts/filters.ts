// The label filter of the list of alerts as it stands in the address: `queue=slow,team=ops`. Pure.

export type LabelFilter = [name: string, value: string][];

export function readLabelFilter(text: string): LabelFilter {
  return text
    .split(",")
    .map((part) => {
      const sign = part.indexOf("=");
      return [part.slice(0, sign).trim(), part.slice(sign + 1).trim()] as [string, string];
    })
    .filter(([name]) => name !== "");
}

export function writeLabelFilter(filter: LabelFilter): string {
  return filter.map(([name, value]) => `${name}=${value}`).join(",");
}

/** The filter with one more label; a value that the API could not read from the list is left alone. */
export function withLabel(text: string, name: string, value: string): string {
  if (value.includes(",")) return text;
  const others = readLabelFilter(text).filter(([each]) => each !== name);
  return writeLabelFilter([...others, [name, value]]);
}

export function withoutLabel(text: string, name: string): string {
  return writeLabelFilter(readLabelFilter(text).filter(([each]) => each !== name));
}
