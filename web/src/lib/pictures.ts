import { signal } from "@preact/signals";
import { webAddress } from "parley-react/message";
import { isFrom } from "./origin.ts";

/** The pictures of other servers that the user wanted to see, while the page is open. */
const wanted = signal<ReadonlySet<string>>(new Set());

/**
 * Whether a picture is loaded: one of this server or of this device is; one of another server would tell it
 * who reads a message when, so it waits until the user wants it.
 */
export function isLoaded(address: string): boolean {
  return isFrom(address, location.origin) || wanted.value.has(address);
}

/** The user wants to see a picture of another server. */
export function loadPicture(address: string): void {
  if (webAddress(address)) wanted.value = new Set([...wanted.value, address]);
}
