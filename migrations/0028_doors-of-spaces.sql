CREATE TABLE `space_audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`space_id` integer NOT NULL,
	`at` integer NOT NULL,
	`by_id` integer NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`conversation_id` integer,
	`before` text,
	`after` text,
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`by_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_audit_space` ON `space_audit` (`space_id`,`id`);--> statement-breakpoint
CREATE INDEX `space_audit_at` ON `space_audit` (`at`);--> statement-breakpoint
CREATE TABLE `space_bans` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`banned_by` integer NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`banned_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `space_bans_user` ON `space_bans` (`space_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `space_bans_of_user` ON `space_bans` (`user_id`);--> statement-breakpoint
CREATE TABLE `space_categories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`space_id` integer NOT NULL,
	`name` text NOT NULL,
	`position` integer NOT NULL,
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_categories_position` ON `space_categories` (`space_id`,`position`);--> statement-breakpoint
ALTER TABLE `conversations` ADD `category_id` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `position` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `is_default` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `space_invitations` ADD `role_ids` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `space_invitations` ADD `channel_ids` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `space_roles` ADD `mentionable` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `space_roles` ADD `hoist` integer DEFAULT false NOT NULL;