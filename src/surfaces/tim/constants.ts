import { z } from "zod";

/** The SDK's names of its constants, and their values. */
const CONSTANTS = new Map(
  Object.entries({
    ...{ CONV_C2C: "C2C", CONV_GROUP: "GROUP", CONV_SYSTEM: "@TIM#SYSTEM" },
    ...{ MSG_PRIORITY_HIGH: "High", MSG_PRIORITY_NORMAL: "Normal" },
    ...{ MSG_PRIORITY_LOW: "Low", MSG_PRIORITY_LOWEST: "Lowest" },
    ...{ MSG_TEXT: "TIMTextElem", MSG_IMAGE: "TIMImageElem", MSG_AUDIO: "TIMSoundElem" },
    ...{ MSG_SOUND: "TIMSoundElem", MSG_VIDEO: "TIMVideoFileElem", MSG_FILE: "TIMFileElem" },
    ...{ MSG_CUSTOM: "TIMCustomElem", MSG_FACE: "TIMFaceElem", MSG_LOCATION: "TIMLocationElem" },
    ...{ MSG_AT_ALL: "__kImSDK_MesssageAtALL__" },
    ...{ GRP_PRIVATE: "Private", GRP_WORK: "Private", GRP_PUBLIC: "Public", GRP_CHATROOM: "ChatRoom" },
    ...{ GRP_MEETING: "ChatRoom", GRP_COMMUNITY: "Community", GRP_AVCHATROOM: "AVChatRoom" },
    ...{ GRP_MBR_ROLE_OWNER: "Owner", GRP_MBR_ROLE_ADMIN: "Admin", GRP_MBR_ROLE_MEMBER: "Member" },
    ...{ JOIN_OPTIONS_FREE_ACCESS: "FreeAccess", JOIN_OPTIONS_NEED_PERMISSION: "NeedPermission" },
    ...{ JOIN_OPTIONS_DISABLE_APPLY: "DisableApply" },
    ...{ MSG_REMIND_ACPT_AND_NOTE: "AcceptAndNotify", MSG_REMIND_ACPT_NOT_NOTE: "AcceptNotNotify" },
    ...{ MSG_REMIND_DISCARD: "Discard" },
    ...{ GENDER_UNKNOWN: "Gender_Type_Unknown", GENDER_FEMALE: "Gender_Type_Female" },
    ...{ GENDER_MALE: "Gender_Type_Male" },
    ...{ ALLOW_TYPE_ALLOW_ANY: "AllowType_Type_AllowAny" },
    ...{ ALLOW_TYPE_NEED_CONFIRM: "AllowType_Type_NeedConfirm" },
    ...{ ALLOW_TYPE_DENY_ANY: "AllowType_Type_DenyAny" },
    ...{ READ_ALL_MSG: "readAllMessage", READ_ALL_C2C_MSG: "readAllC2CMessage" },
    ...{ READ_ALL_GROUP_MSG: "readAllGroupMessage" },
    ...{ SNS_CHECK_TYPE_SINGLE: "CheckResult_Type_Single", SNS_CHECK_TYPE_BOTH: "CheckResult_Type_Both" },
    ...{ SNS_APPLICATION_SENT_TO_ME: "Pendency_Type_ComeIn" },
    ...{ SNS_APPLICATION_SENT_BY_ME: "Pendency_Type_SendOut" },
  }),
);

/** The objects whose field `TYPES` holds the constants, in versions of the SDK. */
const CONSTANT = /^(?:TIM|TencentCloudChat)\.TYPES\.(\w+)$/;

/** The value of a constant that a client names, as `TIM.TYPES.CONV_C2C`; another value as it is. */
export function constantValue(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, name = ""] = CONSTANT.exec(value) ?? [];
  return CONSTANTS.get(name) ?? value;
}

/** A schema of one of the SDK's values that takes the name of its constant, too. */
export function orConstant<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(constantValue, schema);
}
