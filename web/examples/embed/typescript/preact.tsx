/** @jsxImportSource preact */
import type { ParleyElements } from "../../../public/embed.d.ts";

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements extends ParleyElements {}
  }
}

/** A chat in a page of Preact. */
export function Chat({ id, token }: { id: number; token: string }) {
  return (
    <parley-chat
      conversation={id}
      token={token}
      theme="dark"
      onparley-error={({ detail }) => console.error(detail.code)}
      onparley-message={({ detail: { message } }) => console.log(message.sender.nickname, message.kind)}
    />
  );
}
