"""Losses over candidate masks. Logits and targets have stride 2; targets are softened by averaging."""
import torch
import torch.nn.functional as F


def compare(masks, targets):
    """masks [B, 4, h, w] logits, targets [B, h, w] in 0..1 -> loss [B, 4], iou [B, 4] (no gradient)."""
    logits = masks.flatten(2)
    wanted = targets.flatten(1).unsqueeze(1)  # [B, 1, hw]
    chance = torch.sigmoid(logits)
    # Normalised focal loss: hard pixels weigh more, and the weights of one mask sum to the same at every stage.
    with torch.no_grad():
        weight = (chance - wanted).abs() ** 2 + 1e-4
        weight = weight / weight.sum(2, keepdim=True)
    entropy = F.softplus(logits) - logits * wanted
    focal = (weight * entropy).sum(2)
    overlap = (chance * wanted).sum(2)
    dice = 1 - (2 * overlap + 1) / (chance.sum(2) + wanted.sum(2) + 1)
    with torch.no_grad():
        on, truth = logits > 0, wanted > 0.5
        iou = (on & truth).sum(2).float() / (on | truth).sum(2).clamp(min=1).float()
    return focal + 2.0 * dice, iou


def total_loss(masks, quality, targets):
    """Single token always, the best of the ambiguity tokens, a little of the others, and the predicted IoU."""
    losses, iou = compare(masks, targets)
    best = losses[:, 1:].min(1).values.mean()
    spread = losses[:, 1:].mean()
    regression = F.mse_loss(quality, iou)
    loss = losses[:, 0].mean() + best + 0.05 * spread + 2.0 * regression
    facts = {"loss": loss.item(), "iou_single": iou[:, 0].mean().item(),
             "iou_best": iou[:, 1:].max(1).values.mean().item(), "iou_error": regression.item() ** 0.5}
    return loss, facts
