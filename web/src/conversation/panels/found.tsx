import type { Message } from "parley-client";
import { excerpt } from "parley-react/excerpts";
import { short } from "../../i18n/format.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { isWide } from "../../lib/system/wide.ts";
import { preview } from "../../message/preview.ts";
import { routeOf } from "../../message/route-of.ts";
import { href, type Panel } from "../../state/router.ts";
import { Avatar } from "../../ui/avatar.tsx";

interface Props {
  message: Message;
  /** the panel that it stands in */
  panel: Panel;
}

/** A message in a panel, which leads to its place in the conversation. */
export function Found({ message, panel }: Props) {
  const { sender, created_at: at } = message;
  // On a narrow screen the conversation takes the place of the panel, and the way back leads to it.
  const place = { ...routeOf(message), ...(isWide() && { panel }) };
  return (
    <li>
      <a class="hit" href={href(place)}>
        <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />
        <span class="hit-head">
          <bdi class="hit-name">{nameOf(sender)}</bdi>
          <Time at={at} as={short} />
        </span>
        <span class="hit-text" dir="auto">
          {excerpt(preview(message), "")}
        </span>
      </a>
    </li>
  );
}
