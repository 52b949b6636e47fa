import type { Uploader } from "parley-client";

let loaded: Uploader | undefined;

/** Uploads the files of messages. It is loaded with the button that attaches them. */
export const uploads: Uploader = { outboxChanged: (...change) => loaded?.outboxChanged(...change) };

/** From now on files can be sent. */
export function setUploader(uploader: Uploader): void {
  loaded = uploader;
}
