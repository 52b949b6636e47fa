import { Buffer } from "node:buffer";
import { z } from "zod";
import { isToken, type Parameterized, readParameters } from "./header-parameters.ts";

/** The headers of a part, by lower-case name; each character stands for a byte. */
const Headers = z.record(z.string(), z.array(z.string()));

/** What the headers of a part say. */
export interface Part {
  field: string;
  /** the file name that the client gives */
  name: string | undefined;
  contentType: string | undefined;
}

/**
 * Reads the headers of a part (RFC 7578).
 * @returns null: they are malformed, or name no field
 */
export function readPart(header: object): Part | null {
  const headers = Headers.parse(header);
  const disposition = parseHeader(headers["content-disposition"]?.map(withQuotes));
  const field = disposition?.parameters.get("name");
  if (disposition?.value !== "form-data" || field === undefined) return null;
  const { parameters } = disposition;
  const name = decodeExtended(parameters.get("filename*")) ?? unescaped(parameters.get("filename"));
  // Browsers send an empty name if no file was chosen.
  return { field, name: name || undefined, contentType: headers["content-type"]?.[0]?.trim() };
}

/** grammY writes the file name last, without quotes. */
function withQuotes(disposition: string): string {
  return disposition.replace(/;\s*filename=([^";]+)$/, (whole, name: string) =>
    isToken(name) ? whole : `;filename="${name}"`,
  );
}

/**
 * Browsers escape in a file name what would end it, by the form encoding of WHATWG: quotes and line breaks.
 */
function unescaped(name: string | undefined): string | undefined {
  return name?.replace(/%(?:22|0D|0A)/gi, decodeURIComponent);
}

/** The parsed value of a header that occurs exactly once; null otherwise. */
function parseHeader(values: string[] | undefined): Parameterized | null {
  const [value, second] = values ?? [];
  if (value === undefined || second !== undefined) return null;
  try {
    const bytes = Buffer.from(value.trim(), "latin1");
    return readParameters(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Decodes a value of RFC 8187, such as `UTF-8''%E6%9E%97.png`; undefined if it is absent or malformed. */
function decodeExtended(value: string | undefined): string | undefined {
  const encoded = value?.match(/^utf-8'[^']*'(.*)$/i)?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
