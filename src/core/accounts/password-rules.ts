import { invalid } from "../../domain/errors.ts";
import { codePoints } from "../../domain/text.ts";
import { opaquePassword } from "./password-hash.ts";

/** The length of a password in code points, as it is hashed. */
export const PASSWORD = { min: 8, max: 128 };

/** Whether a text has the length of a password. */
export function canBePassword(text: string): boolean {
  const length = codePoints(opaquePassword(text));
  return length >= PASSWORD.min && length <= PASSWORD.max;
}

/** What people who guess a password know of its user. `""`: the account has none. */
export interface PasswordOwner {
  username: string;
  email: string;
}

/** The common passwords that are long enough to be chosen; read at the first use. */
let common: Set<string> | undefined;

/**
 * Checks a new password. Upper and lower case count as the same.
 * @param path of the password in errors
 * @throws `validation_failed` for one of the most common passwords, a single repeated character, and the
 *   username or the e-mail address: also backwards, or with digits and signs after it
 */
export async function requireStrongPassword(
  path: string,
  password: string,
  { username, email }: PasswordOwner,
): Promise<void> {
  const folded = fold(opaquePassword(password));
  const [local = ""] = email.split("@");
  if ([username, email, local].some((name) => isBuiltOf(folded, fold(name))))
    throw invalid(path, "must not be your username or your e-mail address. Choose another password");
  if (new Set(folded).size === 1 || (await commonPasswords()).has(folded))
    throw invalid(path, "is one of the most common passwords. Choose another one");
}

/** Whether a password is a name, the name backwards, or the name with digits and signs after it. */
function isBuiltOf(password: string, name: string): boolean {
  if (name === "") return false;
  if (password === [...name].reverse().join("")) return true;
  return password.startsWith(name) && /^[\p{N}\p{P}\p{S}\p{Z}]*$/u.test(password.slice(name.length));
}

async function commonPasswords(): Promise<Set<string>> {
  if (!common) {
    // The bundler wraps a module that is imported so, and an isolate parses it at its first registration.
    const { default: passwords } = await import("@zxcvbn-ts/language-common/src/passwords.json");
    common = new Set(passwords.filter((password) => password.length >= PASSWORD.min).map(fold));
  }
  return common;
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
