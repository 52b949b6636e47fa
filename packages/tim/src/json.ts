/** Reads JSON of the server, whose shapes the library trusts. */
export function trusted<T>(text: string): T {
  return JSON.parse(text);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that a text is; undefined for any other text. */
export function objectIn(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A value with what `convert` makes of its objects; undefined: the object, with its fields converted. */
export function mapped(value: unknown, convert: (object: Record<string, unknown>) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, convert));
  if (!isObject(value)) return value;
  const fields = () => Object.entries(value).map(([key, field]) => [key, mapped(field, convert)]);
  return convert(value) ?? Object.fromEntries(fields());
}
