import { upload } from "parley-client/uploads";
import { useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { fileName } from "../lib/file-name.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { Avatar } from "../ui/avatar.tsx";
import { ProblemText } from "../ui/problem-text.tsx";

interface Props {
  /** the id of the user or group, which decides the colour without a picture */
  id: number;
  name: string;
  /** the address of the picture; empty: none */
  value: string;
  onChange: (address: string) => void;
}

/** The picture of a user or a group in a form: chosen from a file, which is uploaded at once, or removed. */
export function PictureField({ id, name, value, onChange }: Props) {
  const { chat } = useAccount();
  const file = useRef<HTMLInputElement>(null);
  const choose = useAction(async (picture: File) => {
    const named = new File([picture], fileName(picture.name), { type: picture.type });
    onChange((await upload(chat.api, named)).url);
  });
  return (
    <div class="person-row">
      <Avatar id={id} name={name} picture={value} size="large" />
      <div class="actions">
        <input
          ref={file}
          class="hidden"
          type="file"
          accept="image/*"
          aria-label={t("profile.picture")}
          onChange={({ currentTarget: { files } }) => files?.[0] && void choose.run(files[0])}
        />
        <button
          type="button"
          class="secondary"
          disabled={choose.isBusy}
          onClick={() => file.current?.click()}
        >
          {t("profile.choosePicture")}
        </button>
        {value && (
          <button type="button" class="link" onClick={() => onChange("")}>
            {t("profile.removePicture")}
          </button>
        )}
        <ProblemText text={choose.problem} />
      </div>
    </div>
  );
}
