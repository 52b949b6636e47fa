import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { useId } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import type { MenuItem } from "../../ui/overlay/menu.tsx";
import { type Category, type Channel, categoriesOf, channelsOf, type Space } from "../state.ts";
import { categoryActions, channelActions } from "./channel-actions.tsx";
import { ChannelRow, type Listed } from "./channel-row.tsx";
import { fold, folded } from "./folded.ts";
import { MenuRow } from "./menu-row.tsx";

interface Props {
  space: Space;
  /** the channels of the space that the user follows, as their list has them */
  followed: readonly ConversationEntry[];
  /** the id of the conversation on screen; 0: none */
  selected: number;
}

/** The channels of a space in their order, each below its category. */
export function ChannelList({ space, followed, selected }: Props) {
  const account = useAccount();
  const loaded = channelsOf(space.id);
  const channels = allChannels(loaded, followed);
  if (!channels) return <Placeholder />;
  const entryOf = (id: number) => followed.find((entry) => entry.id === id);
  const row = (channel: Listed) => {
    const { id } = channel;
    const known = loaded?.find((one) => one.id === id);
    return (
      <ChannelRow
        key={id}
        {...{ channel, entry: entryOf(id), isSelected: id === selected }}
        items={known ? channelActions(account, space, known) : []}
      />
    );
  };
  /** Whether a channel is seen in a category that shows no others. */
  const isSeen = ({ id }: Listed) => {
    const entry = entryOf(id);
    return id === selected || (entry !== undefined && attentionOf(entry, Date.now()).badge > 0);
  };
  const categories = categoriesOf(space.id);
  const outside = channels.filter(({ category_id: id }) => !categories.some((one) => one.id === id));
  return (
    <>
      {outside.length > 0 && (
        <ul class="channels" aria-label={t("spaces.channels")}>
          {outside.map(row)}
        </ul>
      )}
      {categories.map((category) => {
        const inside = channels.filter(({ category_id: id }) => id === category.id);
        const shown = folded.value.includes(category.id) ? inside.filter(isSeen) : inside;
        return (
          <CategorySection
            key={category.id}
            category={category}
            items={categoryActions(account, space, category)}
          >
            {shown.map(row)}
          </CategorySection>
        );
      })}
    </>
  );
}

interface CategoryProps {
  category: Category;
  /** what the user can do with it */
  items: readonly MenuItem[];
  /** the rows of the channels that are seen */
  children: ReturnType<typeof ChannelRow>[];
}

/** A category: its name hides its channels, but those that call for the user. */
function CategorySection({ category: { id, name }, items, children }: CategoryProps) {
  const list = useId();
  const isFolded = folded.value.includes(id);
  return (
    <section class="category">
      <header class="category-head">
        <MenuRow name={name} items={items}>
          <h3>
            <button
              type="button"
              aria-expanded={!isFolded}
              aria-controls={list}
              onClick={() => fold(id, !isFolded)}
            >
              <Icon name={LATER.next} />
              <bdi>{name}</bdi>
            </button>
          </h3>
        </MenuRow>
      </header>
      <ul id={list} class="channels" aria-label={name}>
        {children}
      </ul>
    </section>
  );
}

/** The channels as they were loaded, and those that the user has come to follow since then. */
function allChannels(
  loaded: readonly Channel[] | undefined,
  followed: readonly ConversationEntry[],
): readonly Listed[] | undefined {
  if (!loaded) return followed.length > 0 ? followed : undefined;
  return [...loaded, ...followed.filter(({ id }) => !loaded.some((channel) => channel.id === id))];
}
