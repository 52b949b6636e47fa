import { contentOf } from "parley-react/message";
import { short } from "../../i18n/format.ts";
import { st } from "../../i18n/staff.ts";
import { Time } from "../../i18n/time.tsx";
import { summary } from "../../message/preview.ts";
import type { HeldMessage } from "../calls.ts";
import { Face } from "../face.tsx";
import { staffHref, useName } from "../links.tsx";

/** A message that a rule has found, in the list. */
export function HeldRow({ held, isCurrent }: { held: HeldMessage; isCurrent: boolean }) {
  const { id, sender_id: sender, created_at: at, kind, body, stored } = held;
  const name = useName(sender);
  return (
    <li>
      <a
        class="admin-row"
        href={staffHref({ tab: "held", id })}
        aria-current={isCurrent ? "true" : undefined}
      >
        <Face id={sender} name={name} />
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <Time at={at} as={short} />
        <span class="admin-row-text">
          {stored && <span class="admin-label">{st("held.flagged")}</span>}
          <span dir="auto">{summary(contentOf(kind, body))}</span>
        </span>
      </a>
    </li>
  );
}
