import { useRef, useState } from "preact/hooks";
import { SlowModeField } from "../group/slow-mode-field.tsx";
import { t } from "../i18n/i18n.ts";
import { newId } from "../lib/new-id.ts";
import { PictureField } from "../people/picture-field.tsx";
import { useMe } from "../settings/use-me.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { loadSpaces, openSpace, type Space } from "./state.ts";

interface Props {
  /** the space to change; absent: a new one */
  space?: Space;
  onClose: () => void;
}

/** Makes a space, or changes how one is shown. */
export function SpaceDialog({ space, onClose }: Props) {
  const { chat } = useAccount();
  /** the same for each try, so that one space is made */
  const clientId = useRef(newId());
  const [name, setName] = useState(space?.name ?? "");
  const [avatar, setAvatar] = useState(space?.avatar ?? "");
  const [description, setDescription] = useState(space?.description ?? "");
  const [isDiscoverable, setDiscoverable] = useState(space?.discoverable ?? false);
  const [slow, setSlow] = useState(space?.slow_mode_s ?? 0);
  const hasDirectory = useMe().value?.policies.space_directory === true;
  const save = useAction(async () => {
    const body = {
      ...{ name: name.trim(), avatar, description: description.trim() },
      ...(hasDirectory && { discoverable: isDiscoverable }),
    };
    if (space) {
      const changed = { ...body, slow_mode_s: slow };
      await chat.api.call("patch", "/v1/spaces/{id}", { path: { id: space.id }, body: changed });
      await loadSpaces(chat);
    } else {
      const made = { ...body, client_space_id: clientId.current };
      await openSpace(chat, (await chat.api.call("post", "/v1/spaces", { body: made })).id);
    }
    onClose();
  });
  return (
    <Dialog title={t(space ? "spaces.edit" : "spaces.new")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <PictureField id={space?.id ?? 0} name={name} value={avatar} onChange={setAvatar} />
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
        <label class="field">
          {t("spaces.description")}
          <textarea
            dir="auto"
            value={description}
            onInput={({ currentTarget }) => setDescription(currentTarget.value)}
          />
        </label>
        {space && (
          <SlowModeField
            label={t("spaces.slowMode")}
            {...{ pause: slow, stored: space.slow_mode_s, onChange: setSlow }}
          />
        )}
        {hasDirectory && (
          <fieldset>
            <label>
              <input
                type="checkbox"
                checked={isDiscoverable}
                onChange={({ currentTarget }) => setDiscoverable(currentTarget.checked)}
              />
              {t("directory.discoverable")}
            </label>
          </fieldset>
        )}
        <ProblemText text={save.problem} />
        <button class="primary" type="submit" disabled={save.isBusy || name.trim() === ""}>
          {t(space ? "profile.save" : "spaces.make")}
        </button>
      </form>
    </Dialog>
  );
}
