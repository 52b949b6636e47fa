import type { Message } from "parley-client";

/** What an edit of a message changes: its text, or the caption of a file. @returns undefined: neither */
export function editableText({ kind, body, revoked, forwarded }: Message): string | undefined {
  if (revoked || forwarded) return undefined;
  if (kind === "text") return body.text;
  if (kind === "image" || kind === "audio" || kind === "video" || kind === "file") return body.caption ?? "";
  return undefined;
}

/** The whole new body of a message whose text or caption is another. */
export function editedBody({ kind, body }: Message, text: string): Record<string, unknown> {
  if (kind === "text") return { ...body, text };
  const { caption: _, ...rest }: Record<string, unknown> = body;
  return text ? { ...rest, caption: text } : rest;
}
