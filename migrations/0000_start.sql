CREATE TABLE `former_usernames` (
	`username` text PRIMARY KEY NOT NULL,
	`keys_version` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `former_usernames_keys_version` ON `former_usernames` (`keys_version`);--> statement-breakpoint
CREATE TABLE `password_attempts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`at` integer NOT NULL,
	`wrong` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `password_attempts_name` ON `password_attempts` (`name`,`at`);--> statement-breakpoint
CREATE INDEX `password_attempts_at` ON `password_attempts` (`at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`user_agent` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sign_in_places` (
	`user_id` integer NOT NULL,
	`place` text NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `place`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sign_in_places_last` ON `sign_in_places` (`last_at`);--> statement-breakpoint
CREATE TABLE `username_keys` (
	`key` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`username` text NOT NULL,
	`password_hash` text,
	`email` text DEFAULT '' NOT NULL,
	`nickname` text DEFAULT '' NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`gender` text DEFAULT '' NOT NULL,
	`birthday` text DEFAULT '' NOT NULL,
	`location` text DEFAULT '' NOT NULL,
	`language` text DEFAULT '' NOT NULL,
	`signature` text DEFAULT '' NOT NULL,
	`full_name` text DEFAULT '' NOT NULL,
	`alias` text DEFAULT '' NOT NULL,
	`id_card_num` text DEFAULT '' NOT NULL,
	`phone` text DEFAULT '' NOT NULL,
	`province` text DEFAULT '' NOT NULL,
	`city` text DEFAULT '' NOT NULL,
	`avatar_text` text DEFAULT '' NOT NULL,
	`message_settings` text DEFAULT '' NOT NULL,
	`admin_forbid_type` text DEFAULT '' NOT NULL,
	`level` text DEFAULT '' NOT NULL,
	`role` text DEFAULT '' NOT NULL,
	`details` text DEFAULT '{}' NOT NULL,
	`friend_policy` text DEFAULT 'approve' NOT NULL,
	`email_set_at` integer DEFAULT 0 NOT NULL,
	`email_changes` integer DEFAULT 0 NOT NULL,
	`email_day_at` integer DEFAULT 0 NOT NULL,
	`online` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`login_at` integer DEFAULT 0 NOT NULL,
	`deleted_at` integer,
	`keys_version` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `users_avatar_file` ON `users` (substr(avatar, instr(avatar, '/files/') + 7, 32)) WHERE instr(avatar, '/files/') > 0;--> statement-breakpoint
CREATE UNIQUE INDEX `users_username` ON `users` (`username`);--> statement-breakpoint
CREATE INDEX `users_keys_version` ON `users` (`keys_version`);--> statement-breakpoint
CREATE INDEX `users_email` ON `users` (`email`) WHERE email <> '';--> statement-breakpoint
CREATE INDEX `users_email_first` ON `users` (`email`,`email_set_at`) WHERE email <> '';--> statement-breakpoint
CREATE TABLE `blocks` (
	`user_id` integer NOT NULL,
	`blocked_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `blocked_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`blocked_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `blocks_blocked` ON `blocks` (`blocked_id`);--> statement-breakpoint
CREATE TABLE `friend_rejections` (
	`user_id` integer NOT NULL,
	`from_id` integer NOT NULL,
	`rejected_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `from_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`from_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `friend_rejections_from` ON `friend_rejections` (`from_id`);--> statement-breakpoint
CREATE INDEX `friend_rejections_at` ON `friend_rejections` (`rejected_at`);--> statement-breakpoint
CREATE TABLE `friend_requests` (
	`user_id` integer NOT NULL,
	`from_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `from_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`from_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `friend_requests_newest` ON `friend_requests` (`user_id`,`created_at`,`from_id`);--> statement-breakpoint
CREATE INDEX `friend_requests_from` ON `friend_requests` (`from_id`);--> statement-breakpoint
CREATE INDEX `friend_requests_sent` ON `friend_requests` (`from_id`,`created_at`,`user_id`);--> statement-breakpoint
CREATE TABLE `friends` (
	`user_id` integer NOT NULL,
	`friend_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `friend_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`friend_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `stranger_lookups` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`day` integer NOT NULL,
	`count` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `stranger_lookups_day` ON `stranger_lookups` (`day`);--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`low_user_id` integer,
	`high_user_id` integer,
	`name` text DEFAULT '' NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`introduction` text DEFAULT '' NOT NULL,
	`announcement` text DEFAULT '' NOT NULL,
	`join_policy` text DEFAULT 'approval' NOT NULL,
	`owner_id` integer,
	`created_at` integer NOT NULL,
	`policy` text DEFAULT 'group' NOT NULL,
	`friends_only` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 0 NOT NULL,
	`dissolved_at` integer,
	`code` text,
	`handle` text,
	`mute_all` integer DEFAULT false NOT NULL,
	`max_members` integer,
	`custom_fields` text DEFAULT '{}' NOT NULL,
	`changed_at` integer,
	`discoverable` integer,
	`answered` integer DEFAULT false NOT NULL,
	`client_group_id` text,
	`creator_id` integer,
	`threads` integer DEFAULT true NOT NULL,
	CONSTRAINT "conversations_kind" CHECK("conversations"."kind" = 'group' OR "conversations"."low_user_id" < "conversations"."high_user_id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_pair` ON `conversations` (`low_user_id`,`high_user_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_code` ON `conversations` (`code`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_handle` ON `conversations` (`handle`);--> statement-breakpoint
CREATE INDEX `conversations_owner` ON `conversations` (`owner_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_client_group` ON `conversations` (`creator_id`,`client_group_id`) WHERE client_group_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `conversations_avatar_file` ON `conversations` (substr(avatar, instr(avatar, '/files/') + 7, 32)) WHERE instr(avatar, '/files/') > 0;--> statement-breakpoint
CREATE TABLE `memberships` (
	`conversation_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`role` text NOT NULL,
	`state` text NOT NULL,
	`version` integer DEFAULT 0 NOT NULL,
	`joined_at` integer NOT NULL,
	`pinned` integer DEFAULT false NOT NULL,
	`silent` integer DEFAULT false NOT NULL,
	`validation` integer DEFAULT false NOT NULL,
	`left_name` text,
	`left_avatar` text,
	`custom_fields` text DEFAULT '{}' NOT NULL,
	`requested_at` integer,
	`request_version` integer DEFAULT 0 NOT NULL,
	`muted_until` integer,
	`archived_count` integer,
	PRIMARY KEY(`conversation_id`, `user_id`),
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `memberships_user` ON `memberships` (`user_id`);--> statement-breakpoint
CREATE INDEX `memberships_requests` ON `memberships` (`user_id`,`requested_at`,`conversation_id`) WHERE requested_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `memberships_avatar_file` ON `memberships` (substr(left_avatar, instr(left_avatar, '/files/') + 7, 32)) WHERE instr(left_avatar, '/files/') > 0;--> statement-breakpoint
CREATE TABLE `file_holds` (
	`key` text NOT NULL,
	`user_id` integer NOT NULL,
	`scheduled_id` text NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`user_id`, `scheduled_id`, `key`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `file_holds_key` ON `file_holds` (`key`);--> statement-breakpoint
CREATE INDEX `file_holds_until` ON `file_holds` (`until`);--> statement-breakpoint
CREATE TABLE `file_references` (
	`key` text NOT NULL,
	`conversation_id` integer NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`key`, `conversation_id`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `file_upload_parts` (
	`key` text NOT NULL,
	`part` integer NOT NULL,
	`attempts` integer NOT NULL,
	`stored` integer NOT NULL,
	`etag` text NOT NULL,
	`sha256` text NOT NULL,
	PRIMARY KEY(`key`, `part`)
);
--> statement-breakpoint
CREATE TABLE `file_uploads` (
	`key` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`client_upload_id` text NOT NULL,
	`r2_upload_id` text NOT NULL,
	`name` text NOT NULL,
	`size` integer NOT NULL,
	`content_type` text NOT NULL,
	`state` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `file_uploads_client` ON `file_uploads` (`user_id`,`client_upload_id`) WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX `file_uploads_expiry` ON `file_uploads` (`expires_at`);--> statement-breakpoint
CREATE TABLE `files` (
	`key` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`size` integer NOT NULL,
	`content_type` text NOT NULL,
	`sha256` text NOT NULL,
	`md5` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`released` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `files_expiry` ON `files` (`expires_at`) WHERE expires_at IS NOT NULL;--> statement-breakpoint
-- drizzle-kit knows no triggers, and sets no sequences. Users are numbered from 100000 up.
CREATE TRIGGER `conversations_give_code` AFTER INSERT ON `conversations` WHEN NEW.`code` IS NULL
BEGIN
	UPDATE `conversations` SET `code` = lower(hex(randomblob(16))) WHERE `id` = NEW.`id`;
END;--> statement-breakpoint
INSERT INTO sqlite_sequence (name, seq) VALUES ('users', 99999);
