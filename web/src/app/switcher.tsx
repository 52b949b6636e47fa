import { useChat } from "parley-client/react";
import { comparisonForm, hasWords, wordsOf } from "parley-react/text";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isComposing } from "../lib/keyboard.ts";
import { VIEWS } from "../list/views.ts";
import { useAccount } from "../state/context.ts";
import { go, type Route } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";

/** At most so many places are offered. */
const OFFERED = 8;

interface Place {
  key: string;
  name: string;
  to: Route;
  icon?: IconName;
  avatar?: { id: number; picture: string };
}

/** A dialog in which the user goes to a conversation or a view by its name. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const { chat } = useAccount();
  const conversations = useChat(chat, (state) => state.conversations);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const words = wordsOf(text);
  const places: Place[] = [
    ...conversations.map((entry) => ({
      key: `c${entry.id}`,
      name: entry.name,
      to: { view: "conversation", id: entry.id } as const,
      avatar: { id: entry.kind === "direct" ? entry.peer.id : entry.id, picture: entry.avatar },
    })),
    ...VIEWS.map(({ route, label, icon }) => ({ key: label, name: t(label), to: route, icon })),
  ];
  const offered = places
    .filter(({ name }) => hasWords(words, name))
    .toSorted((a, b) => begins(b.name, text) - begins(a.name, text))
    .slice(0, OFFERED);
  const chosen = offered[Math.min(at, offered.length - 1)];
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));

  const choose = (place: Place | undefined) => {
    if (!place) return;
    onClose();
    go(place.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((Math.min(at, offered.length - 1) + step + offered.length) % Math.max(1, offered.length));
    else if (event.key === "Enter") choose(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("switcher.title")} onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="places"
        aria-activedescendant={chosen && `place-${chosen.key}`}
        aria-label={t("switcher.placeholder")}
        placeholder={t("switcher.placeholder")}
        autofocus
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id="places" class="places" role="listbox" aria-label={t("switcher.title")}>
        {offered.map((place) => (
          <div
            key={place.key}
            id={`place-${place.key}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === chosen}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(place)}
            onKeyDown={onKeyDown}
          >
            {place.avatar && <Avatar {...place.avatar} name={place.name} size="small" />}
            {place.icon && <Icon name={place.icon} />}
            <bdi>{place.name}</bdi>
          </div>
        ))}
      </div>
      {offered.length === 0 && <p class="status">{t("switcher.none")}</p>}
    </Dialog>
  );
}

function begins(name: string, text: string): number {
  return comparisonForm(name).startsWith(comparisonForm(text.trim())) ? 1 : 0;
}
