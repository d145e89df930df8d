-- Follows what Prisma 6 migrates for PostgreSQL: the app's own users, token ledger and image-enhancement jobs.
CREATE TYPE "TransactionType" AS ENUM (
    'EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS', 'SPEND_ENHANCEMENT', 'REFUND'
);
CREATE TYPE "Tier" AS ENUM ('TIER_1K', 'TIER_2K', 'TIER_4K');
CREATE TYPE "JobStatus" AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED');

CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT,
    "tokens" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");

CREATE TABLE "TokenTransaction" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "type" "TransactionType" NOT NULL,
    "source" TEXT,
    "sourceId" TEXT,
    "balanceAfter" INTEGER NOT NULL,
    "metadata" JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "TokenTransaction_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "TokenTransaction_userId_createdAt_idx" ON "TokenTransaction"("userId", "createdAt");

CREATE TABLE "ImageEnhancementJob" (
    "id" TEXT NOT NULL,
    "imageId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "tier" "Tier" NOT NULL,
    "tokensCost" INTEGER NOT NULL,
    "status" "JobStatus" NOT NULL DEFAULT 'PENDING',
    "errorMessage" TEXT,
    "retryCount" INTEGER NOT NULL DEFAULT 0,
    "maxRetries" INTEGER NOT NULL DEFAULT 3,
    "processingStartedAt" TIMESTAMP(3),
    "processingCompletedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "ImageEnhancementJob_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "ImageEnhancementJob_imageId_idx" ON "ImageEnhancementJob"("imageId");
CREATE INDEX "ImageEnhancementJob_userId_createdAt_idx" ON "ImageEnhancementJob"("userId", "createdAt");
CREATE INDEX "ImageEnhancementJob_status_idx" ON "ImageEnhancementJob"("status");

ALTER TABLE "TokenTransaction" ADD CONSTRAINT "TokenTransaction_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "ImageEnhancementJob" ADD CONSTRAINT "ImageEnhancementJob_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
