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
CREATE INDEX `file_uploads_expiry` ON `file_uploads` (`expires_at`);