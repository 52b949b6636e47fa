import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { hasKeyboard, isComposing } from "../../lib/system/keyboard.ts";
import { go, href } from "../../state/router.ts";
import { Icon } from "../../ui/icon.tsx";
import { Page } from "../../ui/page.tsx";
import { conversationAddress } from "../address.ts";

interface Props {
  title: string;
  /** the conversation */
  id: number;
  /** keeps how far the panel was scrolled, for the next time */
  place?: { scrolled: number };
  /** what stands beside the title */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** What stands beside a conversation, or in its place when narrow. Escape leads back to the field. */
export function Panel({ title, id, place, actions, children }: Props) {
  const content = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { current } = panel;
    return () => {
      // A panel that is removed leaves the focus nowhere: the user goes on in the field.
      if (!hasKeyboard() || !current?.contains(document.activeElement)) return;
      document.querySelector<HTMLElement>(".conversation .composer textarea")?.focus();
    };
  }, []);
  useLayoutEffect(() => {
    const body = content.current?.parentElement;
    if (!body || !place) return;
    body.scrollTop = place.scrolled;
    const note = () => {
      if (body.clientHeight > 0) place.scrolled = body.scrollTop;
    };
    body.addEventListener("scroll", note);
    return () => body.removeEventListener("scroll", note);
  }, [place]);
  const close = conversationAddress(id);
  return (
    <aside
      ref={panel}
      class="panel"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented || isComposing(event)) return;
        // A dialog over it closes first.
        if (event.target instanceof Element && event.target.closest("dialog, [popover]")) return;
        event.preventDefault();
        go(close);
      }}
    >
      <Page
        title={title}
        back={href(close)}
        actions={
          <>
            {actions}
            <a class="icon-button panel-close" href={href(close)} aria-label={t("action.close")}>
              <Icon name="close" />
            </a>
          </>
        }
      >
        <div class="panel-content" ref={content}>
          {children}
        </div>
      </Page>
    </aside>
  );
}
