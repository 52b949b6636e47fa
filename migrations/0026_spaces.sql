CREATE TABLE `space_invitations` (
	`code` text PRIMARY KEY NOT NULL,
	`space_id` integer NOT NULL,
	`created_by` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`max_uses` integer,
	`uses` integer DEFAULT 0 NOT NULL,
	`last_use` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_invitations_space` ON `space_invitations` (`space_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `space_invitations_maker` ON `space_invitations` (`created_by`,`space_id`);--> statement-breakpoint
CREATE TABLE `space_leases` (
	`conversation_id` integer PRIMARY KEY NOT NULL,
	`space_id` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `space_leases_space` ON `space_leases` (`space_id`);--> statement-breakpoint
CREATE TABLE `space_members` (
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`joined_at` integer NOT NULL,
	PRIMARY KEY(`space_id`, `user_id`),
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_members_user` ON `space_members` (`user_id`);--> statement-breakpoint
CREATE INDEX `space_members_joined` ON `space_members` (`space_id`,`joined_at`,`user_id`);--> statement-breakpoint
CREATE TABLE `spaces` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`owner_id` integer NOT NULL,
	`creator_id` integer,
	`client_space_id` text NOT NULL,
	`member_count` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`dissolved_at` integer,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `spaces_owner` ON `spaces` (`owner_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `spaces_client_space` ON `spaces` (`creator_id`,`client_space_id`);--> statement-breakpoint
CREATE INDEX `spaces_avatar_file` ON `spaces` (substr(avatar, instr(avatar, '/files/') + 7, 32)) WHERE instr(avatar, '/files/') > 0;--> statement-breakpoint
ALTER TABLE `conversations` ADD `space_id` integer REFERENCES spaces(id);--> statement-breakpoint
CREATE INDEX `conversations_space` ON `conversations` (`space_id`) WHERE space_id IS NOT NULL;