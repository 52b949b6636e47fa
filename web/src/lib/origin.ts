/** Whether an address is that of a file of an origin. An address of this device has the page's. */
export function isFrom(address: string, origin: string): boolean {
  return URL.parse(address)?.origin === origin;
}

/**
 * The address of a picture in a size: 160, 640 or 1,280 pixels on the longer side. Other servers know no
 * sizes, and get their own address.
 */
export function sized(address: string, size: "s" | "m" | "l", origin = location.origin): string {
  return address.startsWith(`${origin}/files/`) ? `${address}?size=${size}` : address;
}
