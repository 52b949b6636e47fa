import { t } from "../../i18n/i18n.ts";
import type { Account } from "../../state/account.ts";
import { reason } from "../../state/problem.ts";
import { go, route } from "../../state/router.ts";
import { confirmed } from "../../ui/confirm.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { lazy } from "../../ui/lazy.tsx";
import type { MenuItem } from "../../ui/overlay/menu.tsx";
import { toast } from "../../ui/toasts.tsx";
import { type Category, type Channel, loadChannels, type Space } from "../state.ts";

const AccessDialog = lazy(async () => (await import("../roles/access-dialog.tsx")).AccessDialog);
const CategoryDialog = lazy(async () => (await import("./category-dialog.tsx")).CategoryDialog);
const ChannelDialog = lazy(async () => (await import("./channel-dialog.tsx")).ChannelDialog);
const ReadersDialog = lazy(async () => (await import("../readers/readers-dialog.tsx")).ReadersDialog);
const ChannelOrder = lazy(async () => (await import("./channel-order.tsx")).ChannelOrder);

/** Asks for a new channel. @param category the id of the one that it is to be in */
export function addChannel(space: Space, category: number | null = null): void {
  showDialog((close) => <ChannelDialog {...{ space, category }} onClose={close} />);
}

/** What who manages channels can do with the order of a space. */
export function orderActions({ id, permissions }: Space): MenuItem[] {
  if (!permissions.includes("manage_channel")) return [];
  return [
    {
      ...({ label: t("category.add"), icon: "plus" } as const),
      onSelect: () => showDialog((close) => <CategoryDialog space={id} onClose={close} />),
    },
    {
      ...{ label: t("order.title"), icon: LATER.grip },
      onSelect: () => showDialog((close) => <ChannelOrder space={id} onClose={close} />),
    },
  ];
}

/** What the user can do with a channel: most of it is for who manages channels. */
export function channelActions(account: Account, space: Space, channel: Channel): MenuItem[] {
  const { id, name, permissions } = channel;
  const readers = {
    ...({ label: t("readers.title"), icon: "people" } as const),
    onSelect: () => showDialog((close) => <ReadersDialog {...{ space, channel }} onClose={close} />),
  };
  if (!permissions.includes("manage_channel")) return [readers];
  return [
    readers,
    {
      ...({ label: t("spaces.editChannel"), icon: "edit" } as const),
      onSelect: () => showDialog((close) => <ChannelDialog {...{ space, channel }} onClose={close} />),
    },
    ...(permissions.includes("manage_roles")
      ? [
          {
            ...{ label: t("access.title"), icon: LATER.lock },
            onSelect: () => showDialog((close) => <AccessDialog {...{ space, id }} onClose={close} />),
          },
        ]
      : []),
    end(account, space, {
      label: t("spaces.dissolveChannel"),
      question: t("spaces.dissolveChannelQuestion", { group: name }),
      call: async () => {
        await account.chat.api.call("delete", "/v1/conversations/{id}", { path: { id } });
        const now = route.value;
        if (now.view === "conversation" && now.id === id) go({ view: "home" });
      },
    }),
  ];
}

/** What who manages channels can do with a category. */
export function categoryActions(account: Account, space: Space, category: Category): MenuItem[] {
  const { id, name } = category;
  if (!space.permissions.includes("manage_channel")) return [];
  const path = { id: space.id, category_id: id };
  return [
    {
      ...({ label: t("spaces.addChannel"), icon: "plus" } as const),
      onSelect: () => addChannel(space, id),
    },
    {
      ...({ label: t("category.rename"), icon: "edit" } as const),
      onSelect: () =>
        showDialog((close) => <CategoryDialog space={space.id} category={category} onClose={close} />),
    },
    end(account, space, {
      label: t("category.delete"),
      question: t("category.deleteQuestion", { name }),
      call: () => account.chat.api.call("delete", "/v1/spaces/{id}/categories/{category_id}", { path }),
    }),
  ];
}

interface Ending {
  label: string;
  question: string;
  call: () => Promise<unknown>;
}

/** What takes something away, once the user has said so again. */
function end({ chat }: Account, { id }: Space, { label, question, call }: Ending): MenuItem {
  return {
    ...{ label, icon: LATER.trash, isDanger: true },
    onSelect: async () => {
      if (!(await confirmed(label, question))) return;
      try {
        await call();
        await loadChannels(chat, id);
      } catch (error) {
        toast(reason(error));
      }
    },
  };
}
