/** The field of a message: its keys, drafts, answers, edits, suggestions and mentions. */
export { type Composition, type CompositionState, useComposition, WRITE } from "./composition.ts";
export { editableText, editedBody } from "./edit.ts";
export { ComposerField } from "./field.tsx";
export { insert } from "./formatting.ts";
export { Suggestions } from "./suggestions.tsx";
export { type Completer, type Completion, type Suggested, useCompletion } from "./use-completion.ts";
export { type FieldMentions, type MentionOptions, useMentions } from "./use-mentions.ts";
export { useWriting, type Writing, type WritingOptions } from "./use-writing.ts";
