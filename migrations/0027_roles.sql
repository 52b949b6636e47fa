CREATE TABLE `channel_overrides` (
	`conversation_id` integer NOT NULL,
	`role_id` integer,
	`user_id` integer,
	`allow` integer NOT NULL,
	`deny` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `channel_overrides_role` ON `channel_overrides` (`conversation_id`,`role_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `channel_overrides_user` ON `channel_overrides` (`conversation_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `channel_overrides_of_role` ON `channel_overrides` (`role_id`);--> statement-breakpoint
CREATE INDEX `channel_overrides_of_user` ON `channel_overrides` (`user_id`);--> statement-breakpoint
CREATE TABLE `space_member_roles` (
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`role_id` integer NOT NULL,
	PRIMARY KEY(`space_id`, `user_id`, `role_id`),
	FOREIGN KEY (`role_id`) REFERENCES `space_roles`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_member_roles_user` ON `space_member_roles` (`user_id`);--> statement-breakpoint
CREATE INDEX `space_member_roles_role` ON `space_member_roles` (`role_id`,`user_id`);--> statement-breakpoint
CREATE TABLE `space_mutes` (
	`space_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`space_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `space_mutes_user` ON `space_mutes` (`user_id`);--> statement-breakpoint
CREATE TABLE `space_roles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`space_id` integer NOT NULL,
	`name` text NOT NULL,
	`color` text,
	`position` integer NOT NULL,
	`permissions` integer NOT NULL,
	FOREIGN KEY (`space_id`) REFERENCES `spaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `space_roles_position` ON `space_roles` (`space_id`,`position`);--> statement-breakpoint
ALTER TABLE `spaces` ADD `everyone` integer DEFAULT 287 NOT NULL;