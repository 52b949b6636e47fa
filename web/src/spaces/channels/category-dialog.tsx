import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { type Category, categoriesOf, loadChannels } from "../state.ts";

interface Props {
  /** the id of the space */
  space: number;
  /** the category to name; absent: a new one */
  category?: Category;
  onClose: () => void;
}

/** Makes a category, or names one. */
export function CategoryDialog({ space, category, onClose }: Props) {
  const { chat } = useAccount();
  const [name, setName] = useState(category?.name ?? "");
  const making = useMaking<Pick<Category, "id" | "name">, unknown>();
  const save = useAction(async () => {
    const path = { id: space };
    const body = { name: name.trim() };
    if (category)
      await chat.api.call("patch", "/v1/spaces/{id}/categories/{category_id}", {
        path: { ...path, category_id: category.id },
        body,
      });
    else
      await making({
        known: categoriesOf(space),
        list: async () =>
          (await chat.api.call("get", "/v1/spaces/{id}/channels", { path }, { retry: false })).categories,
        idOf: (one) => one.id,
        isIt: (one) => one.name === body.name,
        make: () => chat.api.call("post", "/v1/spaces/{id}/categories", { path, body }),
        adopt: (one) => one,
      });
    await loadChannels(chat, space);
    onClose();
  });
  return (
    <Dialog title={t(category ? "category.rename" : "category.add")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <label class="field">
          {t("spaces.name")}
          <input
            type="text"
            required
            maxLength={100}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <ProblemText text={save.problem} />
        <button class="primary" type="submit" disabled={save.isBusy || name.trim() === ""}>
          {t(category ? "profile.save" : "category.make")}
        </button>
      </form>
    </Dialog>
  );
}
