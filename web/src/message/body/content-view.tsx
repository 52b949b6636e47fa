import type { Names } from "parley-react/markup";
import type { Content } from "parley-react/message";
import { t } from "../../i18n/i18n.ts";
import { lazy } from "../../ui/lazy.tsx";
import { CodeBlock } from "../code/code-block.tsx";
import { Markup } from "../markup.tsx";
import type { PicturePlace } from "../viewer/place.ts";
import { File } from "./file.tsx";
import { Folded, isLong } from "./folded.tsx";
import { Picture } from "./picture.tsx";
import { Video } from "./video.tsx";

const Voice = lazy(async () => (await import("./voice.tsx")).Voice);
const Rare = lazy(async () => (await import("../rare/rare.tsx")).Rare);

interface Props {
  content: Content;
  mentioned?: readonly Names[] | undefined;
  me?: number;
  /** where its picture stands, if it stands in a conversation */
  place?: PicturePlace | undefined;
  /** whether a long text is folded */
  isFolding?: boolean;
}

/** What a message, a part of a merged one or a message that waits says. */
export function ContentView({ content, mentioned, me, place, isFolding }: Props) {
  const words = (text: string) => {
    const all = text && (
      <Markup text={text} {...(mentioned && { mentioned })} {...(me && { me })} code={CodeBlock} />
    );
    return isFolding && isLong(text) ? <Folded>{all}</Folded> : all;
  };
  switch (content.kind) {
    case "text":
      return <>{words(content.text)}</>;
    case "image":
      return (
        <>
          <Picture key={content.media.url} media={content.media} place={place} />
          {words(content.media.caption)}
        </>
      );
    case "audio":
      return (
        <>
          {/* The box keeps the place of what is loaded. */}
          <div class="voice" dir="ltr">
            <Voice media={content.media} />
          </div>
          {words(content.media.caption)}
          {content.media.transcript && (
            <details class="transcript">
              <summary>{t("message.transcript")}</summary>
              <p dir="auto">{content.media.transcript}</p>
            </details>
          )}
        </>
      );
    case "video":
      return (
        <>
          <Video media={content.media} />
          {words(content.media.caption)}
        </>
      );
    case "file":
      return (
        <>
          <File media={content.media} />
          {words(content.media.caption)}
        </>
      );
    case "location":
    case "face":
    case "merged":
      return <Rare content={content} draw={(one) => <ContentView content={one} />} />;
    case "poll":
      return <>{words(content.question)}</>;
    case "custom":
      if (content.description) return <>{words(content.description)}</>;
      return <p class="soft">{t("message.unknown")}</p>;
    default:
      return <p class="soft">{t("message.unknown")}</p>;
  }
}
