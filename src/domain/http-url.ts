import { z } from "zod";

/** The protocols of addresses that may run a script where they are opened. */
const RUNS = new Set(["javascript:", "vbscript:", "data:"]);

/** An address that clients may open or load. `httpUrl` alone makes one of what somebody sends. */
export type HttpUrl = z.infer<ReturnType<typeof httpUrl>>;

/**
 * An address that clients may open or load: an http(s) URL without a user name and a password. It is stored
 * as `URL` writes it: quotes, angle brackets, blanks and control characters are percent-encoded or gone, so
 * that a page which shows the URL does not break on it.
 * @param max UTF-16 units of the URL as it is stored
 * @param error what the input must be
 */
export function httpUrl(max: number, error: string) {
  return z
    .url({ protocol: /^https?$/, normalize: true, error })
    .refine((url) => !hasUserInfo(url), "must not hold a user name or a password")
    .max(max)
    .brand<"HttpUrl">();
}

/** A text as an address that clients may open; undefined: it is none. */
export function asHttpUrl(text: string | null | undefined, max: number): HttpUrl | undefined {
  return httpUrl(max, "").safeParse(text).data;
}

/** Whether a text may run a script in a program that opens it as a URL. */
export function runsScript(text: string): boolean {
  return RUNS.has(URL.parse(text)?.protocol ?? "");
}

/** Whether a text is a URL with a user name or a password. */
export function hasUserInfo(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== "" || url.password !== "");
}
