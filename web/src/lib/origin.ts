/** Whether an address is that of a file of an origin. An address of this device has the page's. */
export function isFrom(address: string, origin: string): boolean {
  return URL.parse(address)?.origin === origin;
}
