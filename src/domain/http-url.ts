import { z } from "zod";

/**
 * An http(s) URL without a user name and a password. It is stored as `URL` writes it: quotes, angle brackets
 * and blanks are percent-encoded, so that a page which shows the URL does not break on it.
 * @param max UTF-16 units of the URL as it is stored
 * @param error what the input must be
 */
export function httpUrl(max: number, error: string) {
  return z
    .url({ protocol: /^https?$/, normalize: true, error })
    .refine((url) => !hasUserInfo(url), "must not hold a user name or a password")
    .max(max);
}

/** Whether a text is a URL with a user name or a password. */
export function hasUserInfo(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== "" || url.password !== "");
}
