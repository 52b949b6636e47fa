import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Viewers } from "../audience/viewers.tsx";
import { t } from "../i18n/i18n.ts";
import { linkTo, passOn } from "../invitation/link.ts";
import { hasKeyboard, isComposing } from "../lib/system/keyboard.ts";
import { PictureField } from "../people/picture-field.tsx";
import { manages } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { GroupCard } from "./group-card.tsx";
import { type GroupEntry, isChannel } from "./rights.ts";
import { SlowModeField } from "./slow-mode-field.tsx";

const POLICIES = ["free", "approval", "closed"] as const satisfies GroupEntry["join_policy"][];

/** Who may write in an audience room. */
const WRITERS = ["everybody", "members", "admins"] as const satisfies GroupEntry["may_write"][];

/** What a group is: its picture, name, introduction and announcement. Admins can change them. */
export function GroupProfile({ group }: { group: GroupEntry }) {
  const [isEdited, setEdited] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const hasEdited = useRef(false);
  useLayoutEffect(() => {
    // The form is gone, and the focus with it.
    if (hasEdited.current && !isEdited) edit.current?.focus();
    hasEdited.current = isEdited;
  }, [isEdited]);
  const { announcement } = group;
  if (isEdited) return <Form group={group} onDone={() => setEdited(false)} />;
  return (
    <GroupCard group={group} isUnnumbered={isChannel(group)}>
      {announcement && (
        <div class="announcement">
          <h4>{t("group.announcement")}</h4>
          <p class="prose" dir="auto">
            {announcement}
          </p>
        </div>
      )}
      {group.audience && group.join_policy === "free" && <AudienceLink id={group.id} />}
      {manages(group) && (
        <button ref={edit} class="secondary" type="button" onClick={() => setEdited(true)}>
          {t(isChannel(group) ? "spaces.editChannel" : "group.edit")}
        </button>
      )}
    </GroupCard>
  );
}

/** That everybody may look at an audience room, and the link to it. */
function AudienceLink({ id }: { id: number }) {
  return (
    <div class="announcement">
      <h4>{t("group.audience")}</h4>
      <p>
        {t("group.audienceHint")} <Viewers id={id} />
      </p>
      <button class="link" type="button" onClick={() => void passOn(linkTo({ view: "conversation", id }))}>
        {t("group.audienceLink")}
      </button>
    </div>
  );
}

function Form({ group, onDone }: { group: GroupEntry; onDone: () => void }) {
  const { chat } = useAccount();
  const { id } = group;
  const isOwnDoor = !isChannel(group);
  const first = useRef<HTMLInputElement>(null);
  // The button that led here is gone, and the focus with it.
  useLayoutEffect(() => {
    if (hasKeyboard()) first.current?.focus();
  }, []);
  const [name, setName] = useState(group.name);
  const [avatar, setAvatar] = useState(group.avatar);
  const [introduction, setIntroduction] = useState(group.introduction);
  const [announcement, setAnnouncement] = useState(group.announcement);
  const [policy, setPolicy] = useState(group.join_policy);
  const [isDiscoverable, setDiscoverable] = useState(group.discoverable);
  const [threads, setThreads] = useState(group.threads);
  const [previews, setPreviews] = useState(group.link_previews);
  const [mayWrite, setMayWrite] = useState(group.may_write);
  const [slow, setSlow] = useState(group.slow_mode_s);
  const save = useAction(async () => {
    const body = {
      // A group without a name shows names of members, which are none of its own.
      ...(name !== group.name && { name }),
      ...{ avatar, introduction, announcement, threads, slow_mode_s: slow },
      ...(mayWrite !== group.may_write && { may_write: mayWrite }),
      ...(isOwnDoor && { join_policy: policy, discoverable: isDiscoverable }),
      link_previews: previews,
    };
    await chat.api.call("patch", "/v1/conversations/{id}", { path: { id }, body });
    onDone();
  });
  return (
    <form
      class="form"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || isComposing(event)) return;
        // The panel around it stays open.
        event.preventDefault();
        onDone();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <PictureField id={id} name={name} value={avatar} onChange={setAvatar} />
      <label class="field">
        {t(isOwnDoor ? "new.groupName" : "spaces.name")}
        <input
          ref={first}
          type="text"
          required
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <label class="field">
        {t(isOwnDoor ? "group.introduction" : "spaces.topic")}
        <textarea
          dir="auto"
          value={introduction}
          onInput={({ currentTarget }) => setIntroduction(currentTarget.value)}
        />
      </label>
      <label class="field">
        {t("group.announcement")}
        <textarea
          dir="auto"
          value={announcement}
          onInput={({ currentTarget }) => setAnnouncement(currentTarget.value)}
        />
      </label>
      {isOwnDoor && (
        <fieldset>
          <legend>{t("group.joinPolicy")}</legend>
          {POLICIES.map((one) => (
            <label key={one}>
              <input type="radio" name="join" checked={policy === one} onChange={() => setPolicy(one)} />
              {t(`group.joinPolicy.${one}`)}
            </label>
          ))}
        </fieldset>
      )}
      <fieldset>
        {isOwnDoor && (
          <label>
            <input
              type="checkbox"
              checked={isDiscoverable}
              onChange={({ currentTarget }) => setDiscoverable(currentTarget.checked)}
            />
            {t("group.discoverable")}
          </label>
        )}
        <label>
          <input
            type="checkbox"
            checked={threads === "on"}
            onChange={({ currentTarget }) => setThreads(currentTarget.checked ? "on" : "off")}
          />
          {t("group.threads")}
        </label>
        {/* Who writes in a channel is said by roles. */}
        {!group.audience && (isOwnDoor || group.may_write === "admins") && (
          <label>
            <input
              type="checkbox"
              checked={mayWrite === "admins"}
              onChange={({ currentTarget }) => setMayWrite(currentTarget.checked ? "admins" : "members")}
            />
            {t("group.adminsWrite")}
          </label>
        )}
        <label>
          <input
            type="checkbox"
            checked={previews}
            onChange={({ currentTarget }) => setPreviews(currentTarget.checked)}
          />
          {t("group.linkPreviews")}
        </label>
      </fieldset>
      {group.audience && (
        <fieldset>
          <legend>{t("group.mayWrite")}</legend>
          {WRITERS.map((one) => (
            <label key={one}>
              <input type="radio" name="write" checked={mayWrite === one} onChange={() => setMayWrite(one)} />
              {t(`group.mayWrite.${one}`)}
            </label>
          ))}
        </fieldset>
      )}
      <SlowModeField
        label={t("group.slowMode")}
        {...{ pause: slow, stored: group.slow_mode_s, onChange: setSlow }}
      />
      <ProblemText text={save.problem} />
      <div class="actions">
        <button class="primary" type="submit" disabled={save.isBusy}>
          {t("profile.save")}
        </button>
        <button class="secondary" type="button" onClick={onDone}>
          {t("action.cancel")}
        </button>
      </div>
    </form>
  );
}
