import type { ConversationWindow } from "parley-client";
import { uploads } from "parley-client/uploads";
import { MAX_CAPTION } from "parley-react/message";
import { kindOf } from "../../conversation/attachments/attachment.ts";
import { fileMessage } from "../../conversation/attachments/media.ts";
import { fileName } from "../../lib/file-name.ts";
import { setUploader } from "../uploads.ts";

let count = 0;

/** Sends files, in their order. @param text the caption of one that is alone, else a message behind them */
export async function sendFiles(
  window: ConversationWindow,
  files: readonly File[],
  text: string,
): Promise<void> {
  setUploader(uploads);
  const isCaption = files.length === 1 && text.length <= MAX_CAPTION;
  const all = files.map((one) => {
    const file = new File([one], fileName(one.name), { type: one.type });
    const attachment = {
      id: ++count,
      file,
      kind: kindOf(one),
      caption: isCaption ? text : "",
      media: undefined,
    };
    return fileMessage(attachment, { isFullSize: false });
  });
  for (const { message, file } of await Promise.all(all)) window.send(message, file);
  if (!isCaption && text.trim()) window.send({ kind: "text", body: { text } });
}
