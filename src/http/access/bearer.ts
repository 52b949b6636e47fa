const BEARER = /^Bearer +(\S+)$/i;

/** The token of a header `Authorization: Bearer`. */
export function bearer(header: string | undefined): string | undefined {
  return header?.match(BEARER)?.[1];
}
