import type { Client } from "../client.ts";
import { EVENT } from "../constants.ts";
import { profileOf, type WireProfile, wireChange } from "../state/profiles.ts";
import type { Answer, Profile } from "../types.ts";
import { requireReady } from "./ready.ts";

type Wrapped = { userinfo: WireProfile };

/** Profiles, the blacklist, and who is signed in. */
export function userMethods(client: Client) {
  const { http } = client;
  const blacklist = async (method: string, body: object): Promise<Answer<string[]>> => {
    requireReady(client);
    const data = await http.data<string[]>(`/user/${method}`, body);
    client.know("/user/getBlacklist", {}, data);
    if (method !== "getBlacklist") client.events.emit(EVENT.BLACKLIST_UPDATED, data);
    return { code: 0, data };
  };
  return {
    async login({ userID, userSig }: { userID: string; userSig: string }): Promise<Answer<LoginData>> {
      const repeatLogin = client.me?.userID === userID && http.token === userSig;
      if (!repeatLogin) await client.login(userID, userSig);
      return { code: 0, data: { actionStatus: "OK", errorCode: 0, errorInfo: "", repeatLogin } };
    },
    async logout(): Promise<Answer<object>> {
      // A server that has no such call keeps the session: its token is the app's.
      if (http.token) await http.call("/user/logout").catch(() => undefined);
      client.end();
      return { code: 0, data: {} };
    },
    getLoginUser: (): string => client.me?.userID ?? "",
    async getMyProfile(): Promise<Answer<Profile>> {
      requireReady(client);
      const { userinfo } = await http.data<Wrapped>("/user/getMyProfile");
      const data = profileOf(userinfo);
      client.me = data;
      return { code: 0, data };
    },
    async getUserProfile({ userIDList }: { userIDList: string[] }): Promise<Answer<Profile[]>> {
      requireReady(client);
      const found = await http.data<Wrapped[]>("/user/getUserProfile", { userIDList });
      return { code: 0, data: found.map(({ userinfo }) => profileOf(userinfo)) };
    },
    async updateMyProfile(change: Partial<Profile>): Promise<Answer<Profile | undefined>> {
      requireReady(client);
      const [changed] = await http.data<Wrapped[]>("/user/updateMyProfile", wireChange(change));
      const data = changed && profileOf(changed.userinfo);
      if (data) {
        client.me = data;
        client.events.emit(EVENT.PROFILE_UPDATED, [data]);
      }
      return { code: 0, data };
    },
    getBlacklist: () => blacklist("getBlacklist", {}),
    addToBlacklist: (options: { userIDList: string[] }) => blacklist("addToBlacklist", options),
    removeFromBlacklist: (options: { userIDList: string[] }) => blacklist("removeFromBlacklist", options),
    /** Friends and users with whom both have written are told of by themselves. */
    subscribeUserStatus: async (_: { userIDList: string[] }): Promise<Answer<Failures>> => NO_FAILURES,
    unsubscribeUserStatus: async (_?: { userIDList?: string[] }): Promise<Answer<Failures>> => NO_FAILURES,
  };
}

export interface LoginData {
  actionStatus: string;
  errorCode: number;
  errorInfo: string;
  repeatLogin: boolean;
}

type Failures = { failureUserList: string[] };
const NO_FAILURES: Answer<Failures> = { code: 0, data: { failureUserList: [] } };
