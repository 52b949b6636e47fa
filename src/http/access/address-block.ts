import type { HonoRequest } from "hono";
import { distinctRemoteAddr, expandIPv6 } from "hono/utils/ipaddr";

/** The first 64 bits of an expanded IPv6 address: the network of one customer. */
const NETWORK = /^(?:[\da-f]{4}:){4}/;
/** An IPv4 address that is written as an IPv6 address. */
const MAPPED = /^::ffff:(?=[\d.]+$)/i;

/**
 * The addresses that belong to one customer, by which clients are counted: an IPv4 address alone, an IPv6
 * address with all of its /64.
 * @param address as `CF-Connecting-IP` has it; a text of another form is its own block
 */
function addressBlock(address: string): string {
  const bare = address.replace(MAPPED, "").toLowerCase();
  if (distinctRemoteAddr(bare) !== "IPv6") return bare;
  const [network] = NETWORK.exec(expandIPv6(bare)) ?? [];
  return network === undefined ? bare : `${network}:/64`;
}

/** The address block of the client of a request; null: nobody in front of the Worker states the address. */
export function clientBlock(request: HonoRequest): string | null {
  const address = request.header("CF-Connecting-IP");
  return address === undefined ? null : addressBlock(address);
}

/** The forms of an address block: an IPv4 address, or a /64. */
const BLOCK = /^(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[\da-f]{4}:){4}:\/64)$/;

/** The same for logs. A text of another form, which a client may have stated, is null too. */
export function loggedBlock(request: HonoRequest): string | null {
  const block = clientBlock(request);
  return block !== null && BLOCK.test(block) ? block : null;
}
