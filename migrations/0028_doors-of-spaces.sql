CREATE TABLE `former_space_members` (
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	PRIMARY KEY(`space_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `former_space_members_user` ON `former_space_members` (`user_id`);--> statement-breakpoint
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
ALTER TABLE `space_roles` ADD `mentionable` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `space_roles` ADD `hoist` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `space_roles` ADD `external_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE `space_roles` SET `external_id` = 'parley:r' || lower(hex(randomblob(16)));--> statement-breakpoint
CREATE UNIQUE INDEX `space_roles_external_id` ON `space_roles` (`space_id`,`external_id`);--> statement-breakpoint
ALTER TABLE `spaces` ADD `external_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `spaces_external_id` ON `spaces` (`external_id`) WHERE external_id IS NOT NULL;