import type { Message } from "parley-client";
import { contentOf } from "parley-react/message";
import { share } from "../../lib/system/share.ts";

/** Gives a message to another app: its file, if the system takes it, else its address; or its text. */
export async function shareMessage({ kind, body }: Message): Promise<void> {
  const content = contentOf(kind, body);
  if (content.kind === "text") return share({ text: content.text });
  if (!("media" in content)) return;
  const { url, name, caption } = content.media;
  const text = caption ? { text: caption } : {};
  const file = await fileAt(url, name || kind).catch(() => undefined);
  const files = file && { files: [file], ...text };
  return share(files && navigator.canShare(files) ? files : { url, ...text });
}

/** A file of this server: the policy of the page allows no others. */
async function fileAt(url: string, name: string): Promise<File | undefined> {
  const answer = await fetch(url);
  if (!answer.ok) return undefined;
  const blob = await answer.blob();
  return new File([blob], name, { type: blob.type });
}
