def draw_all(result, folder):
    pass
