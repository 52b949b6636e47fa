import { Avatar } from "../../ui/avatar.tsx";
import type { Suggestion } from "./suggest.ts";

/** What a suggestion says: a picture, an emoji or an `@`, and its names. */
export function Option({ suggestion: { key, user, emoji, label, detail } }: { suggestion: Suggestion }) {
  return (
    <>
      {user ? (
        <Avatar {...user} size="small" />
      ) : (
        <span class="emoji" data-role={key}>
          {emoji ?? "@"}
        </span>
      )}
      <bdi>{label}</bdi>
      <small>{detail}</small>
    </>
  );
}
