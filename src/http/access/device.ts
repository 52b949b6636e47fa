import type { Device } from "../../core/accounts/registration.ts";
import { SignInPlace } from "../../domain/accounts/sign-in.ts";
import { sha256 } from "../../lib/sha256.ts";
import { clientBlock } from "./address-block.ts";
import type { CountingAddress } from "./rate-limit.ts";
import { readFormerToken } from "./token.ts";

/** Hexadecimal digits of a place: enough that places of one account never coincide. */
const DIGITS = 16;

/**
 * The device that registers or signs in.
 * @param token a former one, if it sent any: it shows that the device has signed in before
 */
export async function deviceOf(c: CountingAddress, token: string | undefined): Promise<Device> {
  const block = clientBlock(c.req) ?? "";
  const place = sha256(block).slice(0, DIGITS);
  const former = token ? await readFormerToken(c.env.TOKEN_SECRET, token) : null;
  return {
    userAgent: c.req.header("User-Agent") ?? "",
    origin: { place: SignInPlace.parse(place), former },
  };
}
