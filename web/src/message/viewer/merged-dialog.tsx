import type { Content, MergedPart } from "parley-react/message";
import type { ComponentChildren } from "preact";
import { Time } from "../../i18n/time.tsx";
import { Avatar } from "../../ui/avatar.tsx";
import { Dialog } from "../../ui/dialog.tsx";

interface Props {
  title: string;
  parts: readonly MergedPart[];
  /** draws what one of them says */
  draw: (content: Content) => ComponentChildren;
  onClose: () => void;
}

/** The messages of a merged one, as they were when they were merged. */
export function MergedDialog({ title, parts, draw, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <ol class="merged-parts">
        {parts.map(({ id, senderId, sender, avatar, at, content }, i) => (
          <li key={`${id} ${i}`}>
            <Avatar id={senderId} name={sender} picture={avatar} size="small" />
            <div>
              <span class="merged-head">
                <strong>
                  <bdi>{sender}</bdi>
                </strong>
                <Time at={at} />
              </span>
              {draw(content)}
            </div>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
