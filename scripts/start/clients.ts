import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Says where requests are from. Of its client a proxy that is named is believed, and nobody else. */
export class Clients {
  readonly #proxies: readonly Network[];
  readonly #isTls: boolean;

  /**
   * @param proxies addresses, and networks like 10.0.0.0/8
   * @throws an Error for one that is none
   */
  constructor(proxies: readonly string[], isTls: boolean) {
    this.#proxies = proxies.map(networkOf);
    this.#isTls = isTls;
  }

  /** The address of the client of a request, and the scheme that it has used. */
  from({ socket, headers }: IncomingMessage): { address: string; protocol: "http" | "https" } {
    const protocol = this.#isTls ? "https" : "http";
    let address = plain(socket.remoteAddress ?? "");
    if (!this.#isProxy(address)) return { address, protocol };
    // The nearest proxy has added the last one.
    const named = String(headers["x-forwarded-for"] ?? "").split(",");
    for (const one of named.reverse()) {
      const next = plain(one.trim());
      if (!ipaddr.isValid(next)) break;
      address = next;
      if (!this.#isProxy(next)) break;
    }
    return { address, protocol: headers["x-forwarded-proto"] === "https" ? "https" : protocol };
  }

  #isProxy(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    return this.#proxies.some(
      ([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits),
    );
  }
}

/** An IPv4 address that is written as an IPv6 address, as sockets for both have it, is an IPv4 address. */
function plain(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

function networkOf(text: string): Network {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
